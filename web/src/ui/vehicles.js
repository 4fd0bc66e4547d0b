/** Vehicles as line drawings in a square of 24, and in words. */

export const VEHICLES = {
  foot: { word: 'on foot', path: 'M13 4.5a1 1 0 1 0 0-.1M12 8l-2.5 4 3 3v5M12 8l3 3.5h2.5M9.6 12 9 16l-2.5 4' },
  bicycle: {
    word: 'by bicycle',
    path: 'M5.5 13.5a3.5 3.5 0 1 0 .1 0M18.5 13.5a3.5 3.5 0 1 0 .1 0M5.5 17 9 9.5h6L12 17zM18.5 17 15 7h2M9 9.5 8.2 7.5M6.8 7.5h3',
  },
  scooter: { word: 'by scooter', path: 'M6 15.5a2.2 2.2 0 1 0 .1 0M18 15.5a2.2 2.2 0 1 0 .1 0M8.2 17.7h6.3c.3-3 1.6-4.7 3.5-5.2L16 5h-2.5M4 13h6' },
  car: { word: 'by car', path: 'M4 16v-4l2-5.5h12l2 5.5v4zM4 12h16M6 16v2.5M18 16v2.5M7 14h1.5M15.5 14H17' },
  van: { word: 'by van', path: 'M3 17V6h11v11M14 9.5h4L21 13v4h-2M3 17h2M9 17h6M7 15.2a1.8 1.8 0 1 0 .1 0M17 15.2a1.8 1.8 0 1 0 .1 0' },
};

/** The drawing of a vehicle; that of a car where it is none we know. */
export function vehiclePath(vehicle) {
  return (VEHICLES[vehicle] ?? VEHICLES.car).path;
}

/** "by bicycle"; empty where it is none we know. */
export function vehicleWord(vehicle) {
  return VEHICLES[vehicle]?.word ?? '';
}

export const SHOP = 'M4 10v9.5h16V10M3 10l2-5.5h14l2 5.5zM9.5 19.5V14h5v5.5';
export const HOME = 'M3.5 11.5 12 4l8.5 7.5M6 10v9.5h12V10M10 19.5V14.5h4v5';
